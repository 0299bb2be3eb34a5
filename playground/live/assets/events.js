// Who wants to hear of what. A listener that fails keeps no other from hearing.

export class Events {
  listeners = new Map();

  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }

  off(event, listener) {
    this.listeners.get(event)?.delete(listener);
  }

  emit(event, value) {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        console.error(`stage: a listener of ${event}`, error);
      }
    }
  }
}
