/** What can happen to a node that people want to see on a timeline. */
export type EventKind =
  | 'started'
  | 'master'
  | 'backup'
  | 'fault'
  | 'gratuitous-arp'
  | 'peer-died'
  | 'bulk-started'
  | 'bulk-complete'
  | 'preempt-allowed'
  | 'first-packet'
  | 'server-up'
  | 'server-down'
  | 'quorum-up'
  | 'quorum-down'
  | 'stand-down'
  | 'reloaded'
  | 'reload-refused'
  | 'stopping';

/** Where a node's machines note what happens to it. */
export interface EventSink {
  add(kind: EventKind, text: string): void;
}
