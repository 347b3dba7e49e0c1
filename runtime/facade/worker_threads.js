// worker_threads: message channels are pure and offered; a thread of its own starts outside the compartments, so Worker is refused even with the
// grant until the engine can start one inside. Shared registries (environment data, locks) are per package.

const { check, denied, named } = use('deny');
const { defineProperty } = Reflect;

const unsupported = (what) => Object.assign(new Error(`npsx: ${what} is not supported yet: a thread would start outside the policy`), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });

const build = (c) => {
  const real = host.real('worker_threads');
  const EventEmitter = host.real('events');
  const data = new Map();
  const refuse = (name) => {
    const K = named(function () { check(c, 'worker'); throw unsupported(name); }, name, 1);
    K.prototype = Object.create(EventEmitter.prototype, { constructor: { value: K, writable: true, configurable: true } });
    return K;
  };
  const BroadcastChannel = named(function () { throw denied(c, 'ambient'); }, 'BroadcastChannel', 1);
  BroadcastChannel.prototype = Object.create(Object.prototype, { constructor: { value: BroadcastChannel, writable: true, configurable: true } });
  const Worker = refuse('Worker');
  defineProperty(Worker, Symbol.hasInstance, { value: () => false });
  return {
    isMainThread: true, isInternalThread: false, parentPort: null, workerData: null, threadId: 0, threadName: 'main', resourceLimits: {},
    SHARE_ENV: real.SHARE_ENV,
    Worker, BroadcastChannel,
    MessageChannel: real.MessageChannel, MessagePort: real.MessagePort,
    receiveMessageOnPort: real.receiveMessageOnPort,
    markAsUncloneable: real.markAsUncloneable, markAsUntransferable: real.markAsUntransferable, isMarkedAsUntransferable: real.isMarkedAsUntransferable,
    moveMessagePortToContext() { check(c, 'worker'); throw unsupported('moveMessagePortToContext'); },
    postMessageToThread() { check(c, 'worker'); throw unsupported('postMessageToThread'); },
    setEnvironmentData(key, value) { if (value === undefined) data.delete(key); else data.set(key, value); },
    getEnvironmentData: (key) => data.get(key),
    locks: { request() { return Promise.reject(denied(c, 'worker')); }, query() { return Promise.resolve({ held: [], pending: [] }); } },
  };
};
exports.make = build;

// The application may do what node can, with one exception: a thread without the policy.
exports.ambient = (c) => {
  const real = host.real('worker_threads');
  const copy = use('builtins').copyOf(real);
  const Worker = named(function () { throw unsupported('Worker'); }, 'Worker', 1);
  defineProperty(Worker, 'prototype', { value: real.Worker.prototype });
  copy.Worker = Worker;
  void c;
  return copy;
};
