// worker_threads. A thread runs what runs here: the same boot, the same policy, the rights of who started it (runtime/worker.js). Nobody gets Node's
// own Worker: it runs any file raw. Ports are Node's; what arrives through them is runtime/messages.js. Data for all threads is per package.

const { check, denied, holds, inert, named } = use('deny');
const { read } = use('facade/worker_options');
const { apply, construct, defineProperty } = Reflect;
const { codes } = host.internal('internal/errors');
const { process: realProcess } = host.global;
const real = host.real('worker_threads');
const { EventEmitter } = use('facade/events');
const { on: superOn } = EventEmitter.prototype;

// Worker object -> {c, real, streams}; Node's Worker -> Worker object
const threads = new WeakMap();
const shown = new WeakMap();
const stateOf = (self) => {
  const state = threads.get(self);
  if (state === undefined) throw new codes.ERR_INVALID_THIS('Worker');
  return state;
};

// Environment data: given to a package's own workers, and to theirs.
const data = new WeakMap();
const dataOf = (c) => {
  let own = data.get(c);
  if (own === undefined) data.set(c, own = new Map(host.thread !== undefined && use('worker').isInsider(c) ? use('worker').told.data : []));
  return own;
};

// process.on('worker') must not show Node's own.
let announced = false;
const announce = () => {
  if (announced) return;
  announced = true;
  const { emit } = realProcess;
  defineProperty(realProcess, 'emit', { value: { emit(event, ...args) {
    return apply(emit, this, event === 'worker' && shown.has(args[0]) ? [event, shown.get(args[0])] : [event, ...args]);
  } }.emit, writable: true, configurable: true, enumerable: false });
};
exports.belongs = (c, worker) => threads.get(worker)?.c === c;

// Node keeps the loop alive for a worker as long as somebody listens to its messages.
const hear = (self, thread) => {
  const forward = (value) => { self.emit('message', value); };
  apply(superOn, self, ['newListener', (event) => { if (event === 'message' && self.listenerCount('message') === 0) thread.on('message', forward); }]);
  apply(superOn, self, ['removeListener', (event) => { if (event === 'message' && self.listenerCount('message') === 0) thread.removeListener('message', forward); }]);
  for (const event of ['messageerror', 'error']) thread.on(event, (value) => { self.emit(event, value); });
  thread.on('online', () => { self.emit('online'); });
  thread.on('exit', (code) => {
    self.emit('exit', code);
    self.removeAllListeners();
  });
};

const start = (c, filename, given, target) => {
  if (!c.ambient) check(c, 'worker');
  const { told, options, workerData } = read(c, filename, given);
  told.data = [...dataOf(c)];
  if (told.script.kind === 'file') decideFile(c, told.script);
  announce();
  use('seal').builtin('worker_threads');
  const thread = new real.Worker(`(() => {${host.text('boot.js')}\n})();`, { __proto__: null, ...options, workerData: [told, workerData] });
  const self = construct(EventEmitter, [], target);
  threads.set(self, { c, thread, streams: {} });
  shown.set(thread, self);
  hear(self, thread);
  const { performance } = thread;
  self.performance = { eventLoopUtilization: (...args) => (c.ambient || holds(c, 'clock') ? apply(performance.eventLoopUtilization, undefined, args) : { idle: 0, active: 0, utilization: 0 }) };
  return self;
};
// Whether it may be loaded is said here, where it was asked for; the thread decides again on what it reads.
const decideFile = (c, script) => {
  const { contain, real: realPath, isFile } = use('resolve');
  if (isFile(script.path)) contain(c, realPath(script.path), script.path);
};

const profile = (self, what) => Promise.reject(denied(stateOf(self).c, 'builtins', `node:v8`, -1, { syscall: what }));
const about = (self, what, args) => {
  const { c, thread } = stateOf(self);
  if (!c.ambient) check(c, 'system', 'memory');
  return thread[what](...args);
};
const stream = (self, name) => {
  const { thread, streams } = stateOf(self);
  const make = name === 'stdin' ? 'input' : 'output';
  return streams[name] ??= thread[name] === null ? null : use('facade/worker_stdio')[make](thread[name]);
};
const { Worker: Shared } = { Worker: class Worker {
  postMessage(...args) { stateOf(this).thread.postMessage(...args); }
  terminate() { return stateOf(this).thread.terminate(); }
  async [Symbol.asyncDispose]() { await stateOf(this).thread.terminate(); }
  ref() { stateOf(this).thread.ref(); }
  unref() { stateOf(this).thread.unref(); }
  get threadId() { return stateOf(this).thread.threadId; }
  get threadName() { return stateOf(this).thread.threadName; }
  get stdin() { return stream(this, 'stdin'); }
  get stdout() { return stream(this, 'stdout'); }
  get stderr() { return stream(this, 'stderr'); }
  get resourceLimits() { return { ...stateOf(this).thread.resourceLimits }; }
  getHeapSnapshot() { return profile(this, 'getHeapSnapshot'); }
  startCpuProfile() { return profile(this, 'startCpuProfile'); }
  startHeapProfile() { return profile(this, 'startHeapProfile'); }
  getHeapStatistics(...args) { return about(this, 'getHeapStatistics', args); }
  cpuUsage(...args) { return about(this, 'cpuUsage', args); }
} };
Object.setPrototypeOf(Shared.prototype, EventEmitter.prototype);
defineProperty(Shared.prototype, 'constructor', { value: inert('Worker', Shared.prototype), writable: true, configurable: true });
use('seal').builtin('events');
use('seal').own(Shared);

const workerOf = (c) => {
  const Worker = named(function (filename, options) {
    if (new.target === undefined) throw new TypeError("Class constructor Worker cannot be invoked without 'new'");
    return start(c, filename, options, new.target);
  }, 'Worker', 1);
  defineProperty(Worker, 'prototype', { value: Shared.prototype, writable: false });
  Object.setPrototypeOf(Worker, EventEmitter);
  return Worker;
};

// The part that knows which thread this is, and whose
const thisThread = (c) => ({
  isMainThread: host.thread === undefined, isInternalThread: false,
  parentPort: host.thread === undefined ? null : use('worker').portFor(c),
  workerData: host.thread === undefined ? null : use('worker').dataFor(c),
  threadId: real.threadId, threadName: real.threadName, resourceLimits: { ...real.resourceLimits }, SHARE_ENV: real.SHARE_ENV,
  Worker: workerOf(c),
  setEnvironmentData(key, value) { if (value === undefined) dataOf(c).delete(key); else dataOf(c).set(key, value); },
  getEnvironmentData: (key) => dataOf(c).get(key),
});

const refused = (what) => Object.assign(new Error(`npsx: ${what} is not offered to packages: it reaches threads and contexts of others`), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
const build = (c) => {
  const BroadcastChannel = named(function () { throw denied(c, 'ambient'); }, 'BroadcastChannel', 1);
  BroadcastChannel.prototype = Object.create(Object.prototype, { constructor: { value: BroadcastChannel, writable: true, configurable: true } });
  return {
    ...thisThread(c),
    BroadcastChannel,
    MessageChannel: real.MessageChannel, MessagePort: real.MessagePort,
    receiveMessageOnPort: real.receiveMessageOnPort,
    markAsUncloneable: real.markAsUncloneable, markAsUntransferable: real.markAsUntransferable, isMarkedAsUntransferable: real.isMarkedAsUntransferable,
    moveMessagePortToContext() { check(c, 'worker'); throw refused('moveMessagePortToContext'); },
    postMessageToThread() { check(c, 'worker'); throw refused('postMessageToThread'); },
    locks: { request() { return Promise.reject(denied(c, 'worker')); }, query() { return Promise.resolve({ held: [], pending: [] }); } },
  };
};
exports.make = build;

// The application has all of Node's, but for the class that would run a file without the policy.
exports.ambient = (c) => Object.defineProperties(use('builtins').copyOf(real), Object.getOwnPropertyDescriptors(thisThread(c)));
