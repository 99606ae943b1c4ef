import { readFileSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';
import { readFrame, type RecordedPacket } from './frame.js';
import { readPcap, type Capture } from './pcap.js';

/** Of more differences than this only the number is told. */
const MostDifferences = 40;

/** A kind of message that is read from packets and written again. */
export interface MessageKind {
  /** What to call several of them. */
  readonly name: string;
  /** The message in a packet, or undefined when it carries none of this kind. */
  readonly find: (packet: RecordedPacket) => Uint8Array | undefined;
  /** What our codec makes of a message: the bytes that it writes for what it has read, or why it read nothing. */
  readonly again: (message: Uint8Array, packet: RecordedPacket) => Uint8Array | string;
}

/** What came of reading all messages of a capture, and writing them again. */
export interface MessageComparison {
  readonly messages: number;
  /** One line for every message that did not come out as it went in. */
  readonly differences: readonly string[];
  /** What is to be known about the comparison. */
  readonly notes: readonly string[];
}

/** Reads every message of one kind in a capture, and writes it again. */
export function compareMessages(capture: Capture, kind: MessageKind): MessageComparison {
  const differences: string[] = [];
  const notes: string[] = [];
  let messages = 0;
  let cut = 0;
  for (const frame of capture.frames) {
    const packet = readFrame(frame);
    if (packet === undefined) {
      if (frame.isCut) cut += 1;
      continue;
    }
    const message = kind.find(packet);
    if (message === undefined) continue;
    messages += 1;
    const difference = differenceBetween(message, kind.again(message, packet));
    if (difference !== undefined) differences.push(`frame ${frame.number}: ${difference}`);
  }
  if (messages === 0) notes.push(`there are no ${kind.name} in ${capture.name}`);
  if (cut > 0) notes.push(`${cut} frames are cut, and were left out`);
  if (capture.endsEarly) notes.push('the file ends inside a frame');
  return { messages, differences, notes };
}

/**
 * Prints how the messages of a capture file compare with what we write for them. True when all are equal. Throws an
 * `IoError` for a file that cannot be read, and a `ConfigError` for one that is no capture.
 */
export function oracleMessages(file: string, kind: MessageKind): boolean {
  const { messages, differences, notes } = compareMessages(readPcap(file, readBytes(file)), kind);
  for (const text of notes) console.log(`note: ${text}`);
  for (const text of differences.slice(0, MostDifferences)) console.log(text);
  const more = differences.length - MostDifferences;
  if (more > 0) console.log(`and ${more} more differences`);
  console.log(`${messages - differences.length} of ${messages} equal`);
  return differences.length === 0;
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'unreadable-file' }, `${file}: ${reason}`, { cause });
  }
}

function differenceBetween(recorded: Uint8Array, ours: Uint8Array | string): string | undefined {
  if (typeof ours === 'string') return `not read: ${ours}`;
  const length = Math.min(recorded.length, ours.length);
  for (let offset = 0; offset < length; offset += 1) {
    if (recorded[offset] === ours[offset]) continue;
    return `byte ${offset} is ${byteText(recorded[offset])}, ours ${byteText(ours[offset])}`;
  }
  return recorded.length === ours.length
    ? undefined
    : `${recorded.length} bytes long, ours ${ours.length}`;
}

const byteText = (byte = 0): string => `0x${byte.toString(16).padStart(2, '0')}`;
