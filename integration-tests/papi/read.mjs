// Lists the training groups of a chain, with their last settled round and its winner, knowing nothing but the metadata
// that the node serves.
//
//   node read.mjs ws://127.0.0.1:9944
import { createClient } from "polkadot-api"
import { getWsProvider } from "polkadot-api/ws"
import { WebSocket } from "ws"

const address = process.argv[2]
if (!address) {
	console.error("usage: node read.mjs ws://ADDRESS:PORT")
	process.exit(2)
}
const patience = setTimeout(() => {
	console.error(`${address} did not answer within a minute`)
	process.exit(1)
}, 60_000)

const client = createClient(getWsProvider(address, { websocketClass: globalThis.WebSocket ?? WebSocket }))
const { TrainingApi } = client.getUnsafeApi().apis
const groups = await TrainingApi.groups(0, 100)
const found = []
for (const group of groups) {
	const settled = group.settled ?? null
	const round = settled === null ? null : await TrainingApi.round(group.id, settled)
	found.push({ id: group.id, name: group.name, settled, winner: round?.winner ?? null })
}
console.log(JSON.stringify(found, null, 2))
client.destroy()
clearTimeout(patience)
process.exit(0)
