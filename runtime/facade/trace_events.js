// trace_events writes what the whole process does into a file. Nothing is traced: an object that remembers whether it was switched on.

exports.make = () => ({
  createTracing(options) {
    if (options === null || typeof options !== 'object') throw Object.assign(new TypeError('The "options" argument must be of type object'), { code: 'ERR_INVALID_ARG_TYPE' });
    const categories = Array.from(options.categories, String).join(',');
    let enabled = false;
    return { enable() { enabled = true; }, disable() { enabled = false; }, get enabled() { return enabled; }, get categories() { return categories; } };
  },
  getEnabledCategories() {},
});
