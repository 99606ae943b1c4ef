/**
 * A seeded hash of an endpoint, mixed as MurmurHash3 mixes words: its protocol, its port and the address of which the four
 * words stand at `offset` of a column. An unsigned 32-bit number.
 */
export function hashEndpoint(
  seed: number,
  protocol: number,
  words: Uint32Array,
  offset: number,
  port: number,
): number {
  // On its own, or ports and addresses that count up together would meet in one bucket.
  let hash = mix(seed ^ ((protocol << 16) | port));
  const first = words[offset] ?? 0;
  // IPv4 addresses have nothing there.
  if (first !== 0) {
    hash = mix(hash ^ first);
    hash = mix(hash ^ (words[offset + 1] ?? 0));
    hash = mix(hash ^ (words[offset + 2] ?? 0));
  }
  hash = mix(hash ^ (words[offset + 3] ?? 0));
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function mix(hash: number): number {
  const mixed = Math.imul(hash, 0xcc9e2d51);
  return mixed ^ (mixed >>> 15);
}
