// Fetches a file from gateways with Helia, which checks every block, and writes it.
//
//   node fetch.mjs CID FILE http://127.0.0.1:8080 [GATEWAY..]
import { createWriteStream } from "node:fs"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { start } from "./node.mjs"

const { unixfs } = await import("@helia/unixfs")
const { CID } = await import("multiformats/cid")

const [cid, file, ...gateways] = process.argv.slice(2)
if (gateways.length === 0) {
	console.error("usage: node fetch.mjs CID FILE GATEWAY..")
	process.exit(2)
}
const helia = await start(gateways)
const parts = unixfs(helia).cat(CID.parse(cid), { signal: AbortSignal.timeout(300_000) })
await pipeline(Readable.from(parts), createWriteStream(file))
await helia.stop()
