// Time, per package: Date, performance, Temporal.Now, hrtime. The shared intrinsics tell no time at all; a package that holds `clock` gets
// the real functions, "fixed:..." and "coarse:..." get an attenuated clock, and one without gets functions that throw when asked for the time.

const { gate, inert, holds, may, values, named, orConstant } = use('deny');
const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { Date: RealDate, process: realProcess } = host.global;
const now = RealDate.now;
const { hrtime } = realProcess;

let realPerformance;
const performance = () => (realPerformance ??= host.real('perf_hooks').performance);

// -- a clock: wall() in ms since 1970, mono() in ms since start, nano() a bigint
const REAL = { wall: now, mono: () => performance().now(), nano: hrtime.bigint, origin: () => performance().timeOrigin, exact: true };

const fixed = (text) => {
  const at = RealDate.parse(text);
  return { wall: () => at, mono: () => 0, nano: () => 0n, origin: () => at };
};

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const coarse = (text) => {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const step = Number(amount) * UNITS[unit];
  if (!(step > 0)) throw new TypeError(`not a clock resolution: coarse:${text}`);
  const floor = (x) => Math.floor(x / step) * step;
  return { wall: () => floor(now()), mono: () => floor(performance().now()), nano: () => BigInt(floor(Number(hrtime.bigint() / 1_000_000n))) * 1_000_000n,
    origin: () => floor(performance().timeOrigin) };
};

const asking = (c) => {
  const ask = (f, constant = 0) => orConstant(c, 'clock', f, constant);
  return { wall: ask(now), mono: ask(REAL.mono), nano: ask(REAL.nano, 0n), origin: ask(REAL.origin) };
};

const clocks = new WeakMap();
const clockFor = (c) => {
  let clock = clocks.get(c);
  if (clock !== undefined) return clock;
  if (c.ambient) clock = REAL;
  else if (host.plan.mode === 'learn' || !holds(c, 'clock')) clock = asking(c);      // asks each time, so that use is what is recorded
  else {
    may(c, 'clock');
    const given = values(c, 'clock');
    const is = (prefix) => given.find((v) => typeof v === 'string' && v.startsWith(prefix))?.slice(prefix.length);
    clock = is('fixed:') !== undefined ? fixed(is('fixed:')) : is('coarse:') !== undefined ? coarse(is('coarse:')) : REAL;
  }
  clocks.set(c, clock);
  return clock;
};

// -- Date
// A Date of another clock. It shares the real prototype, so instanceof, methods and subclasses work across packages.
const dateOf = (wall) => {
  const { parse, UTC } = RealDate;
  const made = function Date(...args) {
    if (new.target === undefined) return new RealDate(wall()).toString();
    return construct(RealDate, args.length === 0 ? [wall()] : args, new.target);
  };
  named(made, 'Date', 7);
  defineProperty(made, 'prototype', { value: RealDate.prototype, writable: false });
  const statics = { now: { now() { return wall(); } }.now, parse, UTC };
  // a class that extends Date assigns its own (vitest, mockdate)
  for (const key of ownKeys(statics)) {
    const { get, set } = use('harden').overrideAccessor(made, key, statics[key]);
    for (const f of [statics[key], get]) Object.freeze(f);
    defineProperty(made, key, { get, set, enumerable: false, configurable: true });
  }
  return Object.freeze(made);
};

const powerless = (what) => {
  const error = new Error(`npsx: ${what} needs the capability clock`);
  error.code = 'ERR_CAPABILITY_DENIED';
  error.capability = 'clock';
  return error;
};

// The shared intrinsics, at boot and before they are frozen: no time is told through `new Date(0).constructor` or the global object.
// Node's own fetch runs on these intrinsics: from its first use on they stand still instead of refusing, which tells a guest nothing either.
let standing = false;
exports.standStill = () => { standing = true; };
exports.tame = () => {
  const tamed = dateOf(() => {
    if (standing) return 0;
    throw powerless('the current time');
  });
  defineProperty(RealDate.prototype, 'constructor', { value: tamed, writable: true, enumerable: false, configurable: true });
  const { Temporal } = host.global;
  if (Temporal !== undefined) {
    const { Now } = Temporal;
    host.global.Temporal = temporalWith(Temporal, Object.create(Object.prototype, Object.getOwnPropertyDescriptors(Now)));
    for (const key of ownKeys(Now))
      if (typeof Now[key] === 'function') defineProperty(Now, key, { value: { [key]() { throw powerless(`Temporal.Now.${String(key)}`); } }[key] });
  }
  return tamed;
};

// A wait with a time limit is a timer, and stops everybody else: the shared Atomics does not wait, a holder of `timers` gets his own.
const { wait, waitAsync } = Atomics;
exports.sleep = (ms) => { wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms); };
exports.tameWaiting = () => {
  for (const key of ['wait', 'waitAsync']) {
    if (Atomics[key] === undefined) continue;
    defineProperty(Atomics, key, { value: { [key]() {
      throw Object.assign(new Error(`npsx: Atomics.${key} needs the capability timers`), { code: 'ERR_CAPABILITY_DENIED', capability: 'timers' });
    } }[key] });
  }
};
const waiting = new WeakMap();
exports.atomicsFor = (c) => {
  let own = waiting.get(c);
  if (own !== undefined) return own;
  const need = c.ambient ? () => {} : gate(c, 'timers');
  const descriptors = Object.getOwnPropertyDescriptors(Atomics);
  for (const [key, real] of [['wait', wait], ['waitAsync', waitAsync]]) if (real !== undefined) descriptors[key].value = { [key](...args) { need(); return real(...args); } }[key];
  waiting.set(c, own = Object.create(Object.prototype, descriptors));
  return own;
};

// The same for AbortSignal.timeout(). The class of a package shares the prototype, so signals are signals everywhere.
const RealSignal = host.global.AbortSignal;
const { timeout } = RealSignal;
exports.tameTimeouts = () => {
  defineProperty(RealSignal, 'timeout', { value: Object.freeze({ timeout() {
    throw Object.assign(new Error('npsx: AbortSignal.timeout needs the capability timers'), { code: 'ERR_CAPABILITY_DENIED', capability: 'timers' });
  } }.timeout) });
};
exports.signalFor = (c) => {
  use('globals').sharedValue('AbortSignal');
  const need = c.ambient ? () => {} : gate(c, 'timers');
  const own = named(function () { return construct(RealSignal, [], new.target ?? RealSignal); }, 'AbortSignal', 0);
  defineProperty(own, 'prototype', { value: RealSignal.prototype, writable: false });
  Object.setPrototypeOf(own, Object.getPrototypeOf(RealSignal));
  for (const key of ['abort', 'any']) defineProperty(own, key, { value: RealSignal[key], writable: true, enumerable: true, configurable: true });
  defineProperty(own, 'timeout', { value: { timeout(delay) { need(); return apply(timeout, RealSignal, [delay]); } }.timeout, writable: true, enumerable: true, configurable: true });
  return own;
};

const temporalWith = (Temporal, Now) => {
  const descriptors = Object.getOwnPropertyDescriptors(Temporal);
  descriptors.Now = { value: Now, writable: true, enumerable: false, configurable: true };
  return Object.create(Object.prototype, descriptors);
};

exports.dateFor = (c) => {
  const clock = clockFor(c);
  return clock.exact ? RealDate : dateOf(clock.wall);
};

exports.temporalFor = (c) => {
  const real = host.global.Temporal;
  if (real === undefined) return undefined;
  const clock = clockFor(c);
  const local = c.ambient || holds(c, 'system');
  if (clock.exact && local) return real;
  const { Now, Instant } = real;
  const instant = () => (clock.exact ? Now.instant() : Instant.fromEpochMilliseconds(Math.trunc(clock.wall())));
  const timeZoneId = () => (use('facade/intl').locale(c) ? Now.timeZoneId() : 'UTC');
  const zoned = (zone = timeZoneId()) => instant().toZonedDateTimeISO(zone);
  const own = {
    timeZoneId,
    instant,
    zonedDateTimeISO: (zone) => zoned(zone),
    plainDateTimeISO: (zone) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone) => zoned(zone).toPlainTime(),
  };
  const object = {};
  for (const key of ownKeys(own)) defineProperty(object, key, { value: own[key], writable: true, enumerable: false, configurable: true });
  defineProperty(object, Symbol.toStringTag, { value: 'Temporal.Now', configurable: true });
  return temporalWith(real, object);
};

// -- process.hrtime
const NS = 1_000_000_000n;
exports.hrtimeFor = (c) => {
  const clock = clockFor(c);
  const own = function hrtime(previous) {
    if (clock.exact) return previous === undefined ? realProcess.hrtime() : realProcess.hrtime(previous);
    const t = clock.nano();
    const pair = [Number(t / NS), Number(t % NS)];
    if (previous === undefined) return pair;
    if (!Array.isArray(previous) || previous.length !== 2) return realProcess.hrtime(previous);       // its own TypeError
    let s = pair[0] - Number(previous[0]);
    let n = pair[1] - Number(previous[1]);
    if (n < 0) { s--; n += 1e9; }
    return [s, n];
  };
  own.bigint = function bigint() { return clock.nano(); };
  return own;
};

exports.uptimeFor = (c) => {
  const clock = clockFor(c);
  return function uptime() { return clock.exact ? realProcess.uptime() : clock.mono() / 1000; };
};
exports.wallFor = (c) => clockFor(c).wall;
exports.isExact = (c) => clockFor(c).exact === true;

// -- performance: each package has its own timeline; marks of others are not its business
class PerformanceEntry {
  constructor(name, entryType, startTime, duration, detail) {
    this.name = name; this.entryType = entryType; this.startTime = startTime; this.duration = duration;
    if (detail !== undefined) this.detail = detail;
  }
  toJSON() {
    const { name, entryType, startTime, duration, detail } = this;
    return { name, entryType, startTime, duration, detail };
  }
}
class PerformanceMark extends PerformanceEntry {
  get [Symbol.toStringTag]() { return 'PerformanceMark'; }
}
class PerformanceMeasure extends PerformanceEntry {
  get [Symbol.toStringTag]() { return 'PerformanceMeasure'; }
}
class PerformanceObserverEntryList {
  #entries;
  constructor(entries) { this.#entries = entries; }
  getEntries() { return this.#entries.slice(); }
  getEntriesByType(type) { return this.#entries.filter((e) => e.entryType === type); }
  getEntriesByName(name, type) { return this.#entries.filter((e) => e.name === name && (type === undefined || e.entryType === type)); }
}
for (const K of [PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserverEntryList]) {
  defineProperty(K.prototype, 'constructor', { value: inert(K.name), writable: true, configurable: true });
  use('seal').own(K);
}
// What a package sees of them: the name for instanceof, and a constructor where Node has one.
const shown = (K, make) => {
  const own = named(make ?? (() => { throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' }); }), K.name, make === undefined ? 0 : 1);
  defineProperty(own, 'prototype', { value: K.prototype, writable: false });
  return own;
};

const MAX_ENTRIES = 1e6;
const timeline = (c) => {
  const clock = clockFor(c);
  const mono = clock.exact ? REAL.mono : clock.mono;
  let entries = [];
  const observers = new Set();
  const add = (entry) => {
    if (entries.length < MAX_ENTRIES) entries.push(entry);
    for (const o of observers) o.see(entry);
    return entry;
  };
  const find = (ref, fallback) => {
    if (ref === undefined) return fallback;
    if (typeof ref === 'number') return ref;
    const name = `${ref}`;
    const mark = entries.findLast((e) => e.entryType === 'mark' && e.name === name);
    if (mark === undefined) throw new DOMException(`The "${name}" performance mark has not been set`, 'SyntaxError');
    return mark.startTime;
  };
  const drop = (type, name) => { entries = entries.filter((e) => e.entryType !== type || (name !== undefined && e.name !== `${name}`)); };
  const clone = (detail) => (detail === undefined || detail === null ? null : structuredClone(detail));

  const own = {
    now() { return mono(); },
    get timeOrigin() { return clock.origin(); },
    mark(name, options = undefined) {
      const startTime = options?.startTime ?? mono();
      return add(new PerformanceMark(`${name}`, 'mark', Number(startTime), 0, clone(options?.detail)));
    },
    measure(name, startOrOptions = undefined, endMark = undefined) {
      const o = typeof startOrOptions === 'object' && startOrOptions !== null ? startOrOptions : { start: startOrOptions, end: endMark };
      const end = o.end !== undefined ? find(o.end) : o.duration !== undefined && o.start !== undefined ? find(o.start) + o.duration : mono();
      const start = o.start !== undefined ? find(o.start) : o.duration !== undefined ? end - o.duration : 0;
      return add(new PerformanceMeasure(`${name}`, 'measure', start, end - start, clone(o.detail)));
    },
    clearMarks(name) { drop('mark', name); },
    clearMeasures(name) { drop('measure', name); },
    clearResourceTimings() {},
    setResourceTimingBufferSize() {},
    markResourceTiming() {},
    getEntries() { return entries.toSorted((a, b) => a.startTime - b.startTime); },
    getEntriesByName(name, type) { return own.getEntries().filter((e) => e.name === `${name}` && (type === undefined || e.entryType === type)); },
    getEntriesByType(type) { return own.getEntries().filter((e) => e.entryType === type); },
    eventLoopUtilization() { return { idle: 0, active: 0, utilization: 0 }; },
    timerify(fn) { return fn; },
    get nodeTiming() { return { name: 'node', entryType: 'node', startTime: 0, duration: mono() }; },
    toJSON() { return { timeOrigin: own.timeOrigin, nodeTiming: own.nodeTiming, eventLoopUtilization: own.eventLoopUtilization() }; },
    addEventListener() {}, removeEventListener() {}, dispatchEvent() { return true; },
    onresourcetimingbufferfull: null,
  };
  defineProperty(own, Symbol.toStringTag, { value: 'Performance', configurable: true });

  class PerformanceObserver {
    #callback; #types = new Set(); #queue = []; #pending = false; #seer;
    static supportedEntryTypes = Object.freeze(['mark', 'measure']);
    constructor(callback) {
      if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
      this.#callback = callback;
      this.#seer = { see: (e) => this.#see(e) };
    }
    #see(entry) {
      if (!this.#types.has(entry.entryType)) return;
      this.#queue.push(entry);
      if (this.#pending) return;
      this.#pending = true;
      host.global.setImmediate(() => {
        this.#pending = false;
        const list = this.takeRecords();
        if (list.length > 0) apply(this.#callback, this, [new PerformanceObserverEntryList(list), this]);
      });
    }
    observe({ entryTypes = undefined, type = undefined, buffered = false } = {}) {
      for (const t of entryTypes ?? [type]) this.#types.add(`${t}`);
      observers.add(this.#seer);
      if (buffered) for (const e of entries) this.#see(e);
    }
    disconnect() { observers.delete(this.#seer); this.#queue = []; this.#types = new Set(); }
    takeRecords() { const list = this.#queue; this.#queue = []; return list; }
  }
  use('seal').own(PerformanceObserver);
  return { performance: own, PerformanceObserver,
    PerformanceEntry: shown(PerformanceEntry), PerformanceMeasure: shown(PerformanceMeasure), PerformanceObserverEntryList: shown(PerformanceObserverEntryList),
    PerformanceMark: shown(PerformanceMark, function (name, options = undefined) {
      return new PerformanceMark(`${name}`, 'mark', Number(options?.startTime ?? mono()), 0, clone(options?.detail));
    }) };
};

const timelines = new WeakMap();
exports.timelineFor = (c) => {
  let t = timelines.get(c);
  if (t === undefined) timelines.set(c, t = timeline(c));
  return t;
};
exports.performanceFor = (c) => exports.timelineFor(c).performance;
