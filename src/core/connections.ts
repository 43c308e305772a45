// Port: the live connections of people, on every node and both protocols, for whoever administers them. Implemented beside the
// transports. It serves curiosity and housekeeping: what ends a right is a revocation, which needs none of this.

export interface LiveConnection {
  id: string;
  /** The node that holds it. */
  node: string;
  protocol: 'socketio' | 'phoenix';
  /** ISO 8601. */
  since: string;
}

export interface ConnectionsFound {
  connections: LiveConnection[];
  /** False when some node did not answer in time. */
  complete: boolean;
}

export interface Connections {
  list(tenantId: string, userId: string): Promise<ConnectionsFound>;
  /** Closes them; their clients may come back, with the rights they then have. @returns what was closed */
  disconnect(tenantId: string, userId: string): Promise<ConnectionsFound>;
}
