// perf_hooks over the package's own clock and timeline. Histograms of numbers are pure; those that watch the event loop are clocks.

const { check, holds } = use('deny');
const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze } = Object;

// The handle of a histogram has recordDelta(), which records the time since the last call, and so has every copy that is made of a handle. Without a
// clock nobody gets a handle: what stands there calls all the rest.
const handles = new WeakMap();
exports.handles = handles;
const standIn = (handle) => {
  const stand = { __proto__: null };
  for (let p = handle; p !== Object.prototype; p = getPrototypeOf(p)) {
    for (const key of ownKeys(p)) {
      const { value } = getOwnPropertyDescriptor(p, key);
      if (key === 'recordDelta' || key === 'constructor' || typeof value !== 'function' || key in stand) continue;
      stand[key] = freeze({ [key](...args) { return apply(value, handle, args); } }[key]);
    }
  }
  freeze(stand);
  handles.set(stand, handle);
  return stand;
};
const timeless = (real) => (...args) => {
  const histogram = real(...args);
  const kHandle = ownKeys(histogram).find((k) => typeof k === 'symbol' && k.description === 'kHandle');
  histogram[kHandle] = standIn(histogram[kHandle]);
  host.real('worker_threads').markAsUncloneable(histogram);
  return histogram;
};

exports.make = (c) => {
  const real = host.real('perf_hooks');
  const { performance, PerformanceObserver, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserverEntryList } = use('facade/clock').timelineFor(c);
  return {
    performance, PerformanceObserver, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserverEntryList,
    Performance: Object.freeze(class Performance { constructor() { throw new TypeError('Illegal constructor'); } }),
    PerformanceResourceTiming: Object.freeze(class PerformanceResourceTiming { constructor() { throw new TypeError('Illegal constructor'); } }),
    constants: real.constants,
    createHistogram: holds(c, 'clock') ? real.createHistogram : timeless(real.createHistogram),
    createSlidingWindowHistogram(options) {
      if (options?.chunkDuration !== undefined) check(c, 'clock');
      return real.createSlidingWindowHistogram({ ...options });
    },
    importHistogram: holds(c, 'clock') ? real.importHistogram : timeless(real.importHistogram),
    eventLoopUtilization(...args) { check(c, 'clock'); return real.performance.eventLoopUtilization(...args); },
    monitorEventLoopDelay(options) { check(c, 'clock'); return real.monitorEventLoopDelay(options); },
    timerify: (fn) => fn,
  };
};
