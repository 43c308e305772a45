// The bus of a single node: calls listeners in the order of publication, when the turn's own answers have been given.
import type { Bus, BusListener, BusMessage } from './bus.ts';
import type { Logger } from './logger.ts';

export function createMemoryBus(logger: Logger): Bus {
  const listeners = new Map<string, Set<BusListener>>();

  function deliver(topic: string, message: BusMessage): void {
    for (const listener of listeners.get(topic) ?? []) {
      try {
        listener(message, topic);
      } catch (error) {
        logger.error({ err: error, topic }, 'a bus listener threw');
      }
    }
  }

  function publish(topic: string, message: BusMessage): void {
    if (listeners.has(topic)) queueMicrotask(() => deliver(topic, message));
  }

  return {
    publish,
    publishLocal: publish,
    subscribe(topic, listener) {
      let set = listeners.get(topic);
      if (set === undefined) {
        set = new Set();
        listeners.set(topic, set);
      }
      set.add(listener);
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
    shared: false,
    whenSubscribed: async () => {},
    healthy: () => true,
    onRecovered: () => () => {},
    start: async () => {},
    stop: async () => listeners.clear(),
  };
}
