import { readFileSync } from 'node:fs';

/** A file of test/fixtures; tests run from dist/test. */
const fixture = (path: string): URL => new URL(`../../../test/fixtures/${path}`, import.meta.url);

export const readText = (path: string): string => readFileSync(fixture(path), 'utf8');

/** The frames of a pcap file with microseconds in little-endian order, as all of ours are. */
export function readFrames(path: string): Uint8Array[] {
  const file = readFileSync(fixture(path));
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${path} is no such pcap file`);
  const frames: Uint8Array[] = [];
  for (let offset = 24; offset < file.length;) {
    const length = file.readUInt32LE(offset + 8);
    frames.push(Uint8Array.from(file.subarray(offset + 16, offset + 16 + length)));
    offset += 16 + length;
  }
  return frames;
}
