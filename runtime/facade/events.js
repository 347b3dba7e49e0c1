// EventEmitter for packages: a function in front of Node's, with the same prototype. The real one carries two switches of the whole process
// (defaultMaxListeners, captureRejections) that cannot be taken off it, so packages meet this one wherever a prototype leads to it.

const { named } = use('deny');
const { apply, defineProperty, getPrototypeOf, setPrototypeOf } = Reflect;

const Real = host.real('events');
const { setMaxListeners } = Real;

// Node's, with one difference: it takes the default for captureRejections from a property of the shared prototype. Whoever writes there would switch all
// emitters to come, so there it is false for good, and an emitter that captures has its own.
const symbolIn = (o, name) => Reflect.ownKeys(o).find((k) => typeof k === 'symbol' && k.description === name);
const kCapture = symbolIn(Real.prototype, 'kCapture');
const kShapeMode = symbolIn(new Real(), 'shapeMode');
const { codes } = host.internal('internal/errors');
const init = Real.init = function (options) {
  if (this._events === undefined || this._events === getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
    this[kShapeMode] = false;
  } else this[kShapeMode] = true;
  this._maxListeners ||= undefined;
  const capture = options?.captureRejections;
  if (capture && typeof capture !== 'boolean') throw new codes.ERR_INVALID_ARG_TYPE('options.captureRejections', 'boolean', capture);
  // on the prototype it is false, for ever
  if (capture === true) defineProperty(this, kCapture, { value: true, writable: true, configurable: true });
};

const EventEmitter = named(function (options) { apply(init, this, [options]); }, 'EventEmitter', 1);
defineProperty(EventEmitter, 'prototype', { value: Real.prototype, writable: false });
const { defaultMaxListeners } = Real;
const statics = {
  addAbortListener: Real.addAbortListener, once: Real.once, on: Real.on, getEventListeners: Real.getEventListeners, getMaxListeners: Real.getMaxListeners,
  listenerCount: Real.listenerCount, EventEmitter, usingDomains: false, captureRejectionSymbol: Real.captureRejectionSymbol, errorMonitor: Real.errorMonitor,
  kMaxEventTargetListeners: Real.kMaxEventTargetListeners, kMaxEventTargetListenersWarned: Real.kMaxEventTargetListenersWarned, init,
  // without targets it would set the default for everybody
  setMaxListeners: named((n = defaultMaxListeners, ...targets) => { if (targets.length > 0) setMaxListeners(n, ...targets); }, 'setMaxListeners', 0),
};
for (const key of Object.keys(statics)) defineProperty(EventEmitter, key, { value: statics[key], writable: true, enumerable: true, configurable: true });
const fixed = (key, get) => defineProperty(EventEmitter, key, { get: Object.freeze(named(get, `get ${key}`)), set: Object.freeze(named((v) => { void v; }, `set ${key}`)), enumerable: true, configurable: true });
fixed('defaultMaxListeners', () => defaultMaxListeners);
fixed('captureRejections', () => false);
fixed('EventEmitterAsyncResource', () => {
  const C = adopt(Real.EventEmitterAsyncResource);
  use('seal').value(C, 'events_resource');
  return C;
});

// A class of Node's that inherits from the real function inherits from ours.
const adopt = (K) => {
  for (let f = K; typeof f === 'function'; f = getPrototypeOf(f)) if (f !== EventEmitter && getPrototypeOf(f) === Real) setPrototypeOf(f, EventEmitter);
  return K;
};
exports.adopt = adopt;
exports.EventEmitter = EventEmitter;

// At boot, before the first prototype is frozen.
const { vet } = use('harden');
const adding = (add) => function (event, listener) {
  vet(listener);
  const inner = listener?.listener;     // of once()
  if (inner !== undefined) vet(inner);
  return apply(add, this, [event, listener]);
};
exports.tame = () => {
  defineProperty(Real.prototype, kCapture, { value: false, writable: false });
  const { on, prependListener } = Real.prototype;
  const vetted = { on: named(adding(on), 'addListener', 2), prependListener: named(adding(prependListener), 'prependListener', 2) };
  for (const [key, value] of [['on', vetted.on], ['addListener', vetted.on], ['prependListener', vetted.prependListener]])
    defineProperty(Real.prototype, key, { value, writable: true, enumerable: true, configurable: true });

  defineProperty(Real.prototype, 'constructor', { value: EventEmitter, writable: true, enumerable: false, configurable: true });
  adopt(host.real('stream'));
};
exports.make = () => EventEmitter;
