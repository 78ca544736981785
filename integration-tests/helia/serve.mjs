// Serves a file as a trustless gateway over Helia's block store, and prints its CID and the address. The tree is built
// with the packages of the IPFS project alone: raw leaves of 1 MiB, 1024 links a node, blake2b-256.
//
//   node serve.mjs FILE
import { open, stat } from "node:fs/promises"
import { createServer } from "node:http"
import { start } from "./node.mjs"

const { encode, prepare } = await import("@ipld/dag-pb")
const { blake2b256 } = await import("@multiformats/blake2/blake2b")
const { UnixFS } = await import("ipfs-unixfs")
const { CID } = await import("multiformats/cid")

const LEAF = 1 << 20
const LINKS = 1024
const RAW = 0x55
const DAG_PB = 0x70

const [path] = process.argv.slice(2)
if (path === undefined) {
	console.error("usage: node serve.mjs FILE")
	process.exit(2)
}
const helia = await start([])

async function put(codec, bytes) {
	const cid = CID.createV1(codec, await blake2b256.digest(bytes))
	await helia.blockstore.put(cid, bytes)
	return cid
}

async function leaves() {
	const { size } = await stat(path)
	const file = await open(path)
	const all = []
	for (let at = 0; at === 0 || at < size; at += LEAF) {
		const length = Math.min(LEAF, size - at)
		const { buffer } = await file.read(new Uint8Array(length), 0, length, at)
		all.push({ cid: await put(RAW, buffer), content: length, dag: length })
	}
	await file.close()
	return all
}

async function parent(children) {
	const data = new UnixFS({ type: "file" })
	children.forEach((child) => data.addBlockSize(BigInt(child.content)))
	const Links = children.map((child) => ({ Name: "", Hash: child.cid, Tsize: child.dag }))
	const block = encode(prepare({ Data: data.marshal(), Links }))
	const sum = (of) => children.reduce((total, child) => total + of(child), 0)
	const dag = block.length + sum((child) => child.dag)
	return { cid: await put(DAG_PB, block), content: sum((child) => child.content), dag }
}

let level = await leaves()
while (level.length > 1) {
	const next = []
	for (let at = 0; at < level.length; at += LINKS) next.push(await parent(level.slice(at, at + LINKS)))
	level = next
}

const server = createServer(async (request, response) => {
	const url = new URL(request.url, "http://gateway")
	try {
		const cid = CID.parse(url.pathname.replace(/^\/ipfs\//, ""))
		const parts = []
		for await (const part of helia.blockstore.get(cid, { offline: true })) parts.push(part)
		response.writeHead(200, { "content-type": "application/vnd.ipld.raw" })
		response.end(Buffer.concat(parts))
	} catch (error) {
		response.writeHead(404)
		response.end(String(error.message))
	}
})
server.listen(0, "127.0.0.1", () => {
	const { port } = server.address()
	const { content, cid } = level[0]
	console.log(JSON.stringify({ cid: cid.toString(), size: content, address: `http://127.0.0.1:${port}` }))
})
process.on("SIGTERM", () => process.exit(0))
