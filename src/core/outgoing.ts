// Port: requests to addresses that people name. Implemented by the guarded client of the tools' layer. Types only.

export interface OutgoingInit extends RequestInit {
  /** Less, or more, than the client's own limits for this call. */
  totalMs?: number;
  maxBytes?: number;
}

/** Shaped like fetch; what may not be reached, or takes too long, rejects with an AppError. */
export type Outgoing = (url: string, init?: OutgoingInit) => Promise<Response>;
