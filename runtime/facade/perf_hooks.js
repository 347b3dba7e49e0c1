// perf_hooks over the package's own clock and timeline. Histograms of numbers are pure; those that watch the event loop are clocks.

const { check, holds } = use('deny');
const { deleteProperty, ownKeys } = Reflect;

// recordDelta() records the time since the last call: without a clock it is not there, nor on a copy.
const timeless = (real) => (...args) => {
  const histogram = real(...args);
  const handle = histogram[ownKeys(histogram).find((k) => typeof k === 'symbol' && k.description === 'kHandle')];
  deleteProperty(handle, 'recordDelta');
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
