// Port: what nodes tell each other after a commit, and signals that are never stored. Memory twin in bus-memory.ts.
// A bus is only a hint: whatever it drops, repeats or reorders, the hub restores from the log.

/** One entry of a room's log, its payload already serialised. */
export interface LogEntry {
  seq: number;
  type: string;
  /** JSON of the payload as clients see it. */
  json: string;
  /** The user who may see nothing after this entry: subscribers of that user are detached once it is delivered. */
  evict?: string;
}

export type BusMessage =
  /** Entries of one room in `seq` order, from one commit. */
  | { kind: 'log'; entries: LogEntry[] }
  /** Straight to whoever listens now; carries no `seq`. */
  | { kind: 'signal'; type: string; json: string };

export type BusListener = (message: BusMessage, topic: string) => void;

export interface Bus {
  /** Never throws and never waits: losing a message costs a read of the log at most. */
  publish(topic: string, message: BusMessage): void;
  /** To the listeners of this node alone. */
  publishLocal(topic: string, message: BusMessage): void;
  subscribe(topic: string, listener: BusListener): () => void;
  /** Whether it reaches other nodes, and may therefore lose something. */
  readonly shared: boolean;
  /** Resolves once what others publish on a topic that is listened to reaches this node; at once if it cannot be told. */
  whenSubscribed(topic: string): Promise<void>;
  /** False while nodes cannot hear each other; then the log is looked at more often. */
  healthy(): boolean;
  /** Called when nodes hear each other again after a break: something may have been missed. */
  onRecovered(listener: () => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}
