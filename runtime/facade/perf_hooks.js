// perf_hooks over the package's own clock and timeline. Histograms of numbers are pure; those that watch the event loop are clocks.

const { check } = use('deny');

exports.make = (c) => {
  const real = host.real('perf_hooks');
  const { performance, PerformanceObserver, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserverEntryList } = use('facade/clock').timelineFor(c);
  return {
    performance, PerformanceObserver, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserverEntryList,
    Performance: Object.freeze(class Performance { constructor() { throw new TypeError('Illegal constructor'); } }),
    PerformanceResourceTiming: Object.freeze(class PerformanceResourceTiming { constructor() { throw new TypeError('Illegal constructor'); } }),
    constants: real.constants,
    createHistogram: real.createHistogram,
    createSlidingWindowHistogram: real.createSlidingWindowHistogram,
    importHistogram: real.importHistogram,
    eventLoopUtilization(...args) { check(c, 'clock'); return real.performance.eventLoopUtilization(...args); },
    monitorEventLoopDelay(options) { check(c, 'clock'); return real.monitorEventLoopDelay(options); },
    timerify: (fn) => fn,
  };
};
