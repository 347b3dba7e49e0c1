// diagnostics_channel with the package's own channels: what others publish (requests, sockets, module loads) is not seen, and Node publishes
// nothing here. Same interface as Node's; a package that both publishes and subscribes notices no difference.

const { apply } = Reflect;

const build = () => {
  const channels = new Map();

  class Channel {
    #subscribers = []; #stores = new Map();
    constructor(name) { this.name = name; }
    static [Symbol.hasInstance](x) { return typeof x === 'object' && x !== null && #subscribers in x; }
    get hasSubscribers() { return this.#subscribers.length > 0 || this.#stores.size > 0; }
    subscribe(listener) {
      if (typeof listener !== 'function') throw Object.assign(new TypeError('The "subscription" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
      this.#subscribers = [...this.#subscribers, listener];
    }
    unsubscribe(listener) {
      const at = this.#subscribers.indexOf(listener);
      if (at < 0) return false;
      this.#subscribers = this.#subscribers.toSpliced(at, 1);
      return true;
    }
    publish(data) {
      for (const listener of this.#subscribers) {
        try { listener(data, this.name); } catch (error) { host.global.process.nextTick(() => { throw error; }); }
      }
    }
    bindStore(store, transform) { this.#stores.set(store, transform); }
    unbindStore(store) { return this.#stores.delete(store); }
    runStores(data, fn, self, ...args) {
      let run = () => { this.publish(data); return apply(fn, self, args); };
      for (const [store, transform] of this.#stores) {
        const inner = run;
        run = () => store.run(transform === undefined ? data : transform(data), inner);
      }
      return run();
    }
    withStoreScope(data) {
      for (const [store, transform] of this.#stores) store.enterWith(transform === undefined ? data : transform(data));
      this.publish(data);
      return { [Symbol.dispose]() {} };
    }
  }

  use('seal').own(Channel);
  const channel = (name) => {
    if (typeof name !== 'string' && typeof name !== 'symbol') throw Object.assign(new TypeError('The "channel" argument must be of type string or symbol'), { code: 'ERR_INVALID_ARG_TYPE' });
    let ch = channels.get(name);
    if (ch === undefined) channels.set(name, ch = new Channel(name));
    return ch;
  };

  const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
  class TracingChannel {
    constructor(nameOrChannels) {
      for (const event of EVENTS) this[event] = typeof nameOrChannels === 'object' ? nameOrChannels[event] : channel(`tracing:${nameOrChannels}:${event}`);
    }
    get hasSubscribers() { return EVENTS.some((event) => this[event]?.hasSubscribers); }
    subscribe(handlers) { for (const event of EVENTS) if (handlers[event]) this[event].subscribe(handlers[event]); }
    unsubscribe(handlers) {
      let done = true;
      for (const event of EVENTS) if (handlers[event] && !this[event].unsubscribe(handlers[event])) done = false;
      return done;
    }
    traceSync(fn, context = {}, self = undefined, ...args) {
      return this.start.runStores(context, () => {
        try {
          context.result = apply(fn, self, args);
          return context.result;
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
    tracePromise(fn, context = {}, self = undefined, ...args) {
      const settle = () => { this.asyncStart.publish(context); this.asyncEnd.publish(context); };
      return this.start.runStores(context, () => {
        try {
          return Promise.resolve(apply(fn, self, args)).then(
            (result) => { context.result = result; settle(); return result; },
            (error) => { context.error = error; this.error.publish(context); settle(); throw error; });
        } catch (error) {
          context.error = error;
          this.error.publish(context);
          throw error;
        } finally {
          this.end.publish(context);
        }
      });
    }
    traceCallback(fn, position = -1, context = {}, self = undefined, ...args) {
      const trace = this;
      const at = position < 0 ? args.length + position : position;
      const callback = args[at];
      if (typeof callback !== 'function') throw Object.assign(new TypeError('The "callback" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
      args[at] = function (error, result) {
        if (error) {
          context.error = error;
          trace.error.publish(context);
        } else context.result = result;
        return trace.asyncStart.runStores(context, () => {
          try { return apply(callback, this, arguments); } finally { trace.asyncEnd.publish(context); }
        });
      };
      return trace.start.runStores(context, () => {
        try { return apply(fn, self, args); } catch (error) {
          context.error = error;
          trace.error.publish(context);
          throw error;
        } finally {
          trace.end.publish(context);
        }
      });
    }
  }
  class BoundedChannel {
    constructor(nameOrChannels) { for (const event of ['start', 'end']) this[event] = typeof nameOrChannels === 'object' ? nameOrChannels[event] : channel(`tracing:${nameOrChannels}:${event}`); }
    get hasSubscribers() { return this.start.hasSubscribers || this.end.hasSubscribers; }
    subscribe(handlers) { for (const event of ['start', 'end']) if (handlers[event]) this[event].subscribe(handlers[event]); }
    unsubscribe(handlers) {
      let done = true;
      for (const event of ['start', 'end']) if (handlers[event] && !this[event].unsubscribe(handlers[event])) done = false;
      return done;
    }
    run(context, fn, self, ...args) {
      return this.start.runStores(context, () => { try { return apply(fn, self, args); } finally { this.end.publish(context); } });
    }
  }

  use('seal').own(TracingChannel, BoundedChannel);
  return {
    Channel, BoundedChannel,
    channel,
    hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
    subscribe: (name, listener) => channel(name).subscribe(listener),
    unsubscribe: (name, listener) => channel(name).unsubscribe(listener),
    tracingChannel: (nameOrChannels) => new TracingChannel(nameOrChannels),
    boundedChannel: (nameOrChannels) => new BoundedChannel(nameOrChannels),
  };
};

exports.make = () => build();
