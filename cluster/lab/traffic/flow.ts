import type { BreakReason, FlowRecorder } from './flow-record.js';
import { faultText, type Frame } from './frame.js';
import { findMismatch, payloadLength } from './pattern.js';

/** A flow under way: a socket and the timers that keep it going. */
export interface Flow {
  open(): void;
  /** Ends the flow without calling it broken. */
  close(): void;
}

/** Whom a flow tells what must be known at once. */
export interface FlowListener {
  /** The flow is established; a flow that never is breaks instead. */
  settled(recorder: FlowRecorder): void;
  broke(recorder: FlowRecorder): void;
  /** The flow has made all of its exchanges and is closed. */
  ended?(recorder: FlowRecorder): void;
  /** An answer came at `at` after a stall. */
  resumed(recorder: FlowRecorder, at: number, gapMs: number): void;
}

export interface FlowOptions {
  readonly address: string;
  readonly port: number;
  readonly intervalMs: number;
  readonly connectTimeoutMs: number;
  /** How long an established flow says nothing at first; none when absent. */
  readonly pauseMs?: number;
  /** After which it closes; without end when absent. */
  readonly exchanges?: number;
  readonly key: { readonly seed: number; readonly flow: number };
  readonly recorder: FlowRecorder;
  readonly listener: FlowListener;
}

/**
 * What is wrong with an answer, whichever request it is to: every byte of it is checked, its length included.
 * `server` is the one that answered before, if any did; `limit` is the one that the requests' lengths were chosen under.
 */
export function answerFault(
  frame: Frame,
  key: FlowOptions['key'],
  server: string | undefined,
  limit: number,
): { readonly reason: BreakReason; readonly text: string } | undefined {
  const mismatch = (text: string): { reason: 'mismatch'; text: string } => ({
    reason: 'mismatch',
    text: `answer ${frame.sequence}: ${text}`,
  });
  if (frame.kind === 'fault') {
    return { reason: 'mismatch', text: `server ${frame.sender} says: ${faultText(frame)}` };
  }
  if (frame.kind === 'request') return mismatch('a request came instead');
  if (frame.seed !== key.seed || frame.flow !== key.flow) {
    return mismatch(`it belongs to flow ${frame.flow} of seed ${frame.seed}`);
  }
  const wrong = findMismatch(frame.payload, frame);
  if (wrong !== undefined) {
    return mismatch(`byte ${wrong.offset} is ${wrong.found}, not ${wrong.expected}`);
  }
  const length = payloadLength({ ...key, sequence: frame.sequence, sender: '' }, limit);
  if (frame.payload.length !== length) {
    return mismatch(`it has ${frame.payload.length} bytes, not ${length}`);
  }
  if (server === undefined || server === frame.sender) return undefined;
  return { reason: 'another-server', text: `${frame.sender} answered instead of ${server}` };
}
