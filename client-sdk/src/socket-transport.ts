// The real transport: one Socket.IO socket per try. Must never reconnect by itself; connection.ts says when.
import { io, type Socket } from 'socket.io-client';
import type { TransportFactory } from './ports.ts';

export const socketTransport: TransportFactory = ({ url, socketOptions }, handlers) => {
  let socket: Socket | undefined;

  function drop(): void {
    const old = socket;
    socket = undefined;
    if (old === undefined) return;
    old.removeAllListeners();
    old.offAny();
    old.disconnect();
  }

  return {
    connect(token) {
      drop();
      const own = io(url === '' ? '/' : url, {
        transports: ['websocket', 'polling'],
        tryAllTransports: true,
        ...socketOptions,
        auth: { token },
        forceNew: true,
        reconnection: false,
      });
      socket = own;
      own.on('connect', () => handlers.connected());
      own.on('connect_error', (error: Error & { data?: Refusal }) => {
        const { code, reason, retryAfterMs } = error.data ?? {};
        drop();
        handlers.refused({
          message: error.message,
          ...(code === undefined ? {} : { code }),
          ...(reason === undefined ? {} : { reason }),
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
      });
      own.on('disconnect', (reason) => {
        drop();
        handlers.disconnected(reason);
      });
      own.onAny((name: string, payload: unknown) => handlers.event(name, payload));
    },
    disconnect: drop,
    emit(name, input, ack) {
      socket?.emit(name, input, ack);
    },
  };
};

interface Refusal {
  code?: string;
  reason?: string;
  retryAfterMs?: number;
}
