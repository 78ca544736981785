// A Helia node that reaches other nodes by HTTP alone.

// Node 20 lacks it, and Helia needs it.
Promise.withResolvers ??= function () {
	const deferred = {}
	deferred.promise = new this((resolve, reject) => Object.assign(deferred, { resolve, reject }))
	return deferred
}

const { trustlessGatewayBlockBroker } = await import("@helia/trustless-gateway-client")
const { blake2b256 } = await import("@multiformats/blake2/blake2b")
const { uriToMultiaddr } = await import("@multiformats/uri-to-multiaddr")
const { createHeliaLight } = await import("helia")

/** Starts a node that fetches blocks from these gateways. It finds no others. */
export async function start(gateways) {
	const router = {
		name: "named gateways",
		async *findProviders(cid) {
			for (const gateway of gateways) {
				const multiaddrs = [uriToMultiaddr(gateway)]
				yield { id: cid, multiaddrs, protocols: ["transport-ipfs-gateway-http"], router: "named gateways" }
			}
		},
	}
	const blockBrokers = [trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true })]
	return createHeliaLight({ hashers: [blake2b256], routers: [router], blockBrokers }).start()
}
