// What the part of an address behind `#` names: `#/group/3/round/7?node=wss://rpc.example.org`.

/** Splits the part of an address behind `#` into the path and the node. */
export function split(hash: string): { path: string; node: string | null } {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path, node: new URLSearchParams(query).get("node") };
}
