// Providers that a page may ask. Their addresses come from strangers.

/** Returns true if a host is of this machine or of a private network, as far as its name tells. */
export function isPrivate(named: string): boolean {
  // A dot at the end changes nothing of what a name means.
  const host = named.replace(/\.+$/, "");
  if (host.startsWith("[")) {
    const address = host.slice(1, -1).toLowerCase();
    return (
      address === "::" ||
      address === "::1" ||
      /^(f[cd]|fe[89ab])/.test(address) ||
      // Addresses that hold one of IPv4.
      /^(::|64:ff9b:)/.test(address)
    );
  }
  const bytes = host.split(".").map(Number);
  if (bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    const [first = 0, second = 0] = bytes;
    return (
      first === 0 ||
      first === 10 ||
      first === 127 ||
      first >= 224 ||
      (first === 100 && second >= 64 && second < 128) ||
      (first === 169 && second === 254) ||
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168)
    );
  }
  return !host.includes(".") || /\.(local|localhost|internal|home\.arpa|lan)$/i.test(host);
}

/** Returns true if a host is of this machine. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}

/**
 * Returns the providers that a page at an address asks, each once. Those of private networks are asked by a page of this
 * machine alone: a stranger could otherwise have it ask what only the reader's machine can reach.
 */
export function usable(providers: string[], page: string): string[] {
  const home = isLoopback(new URL(page).hostname);
  const found = providers.flatMap((provider) => {
    let url: URL;
    try {
      url = new URL(provider);
    } catch {
      return [];
    }
    const isWeb =
      (url.protocol === "http:" || url.protocol === "https:") && url.username === "" && url.password === "";
    return isWeb && url.search === "" && url.hash === "" && (home || !isPrivate(url.hostname))
      ? [url.href.replace(/\/+$/, "")]
      : [];
  });
  return [...new Set(found)];
}
