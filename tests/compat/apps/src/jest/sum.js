exports.sum = (...values) => values.reduce((a, b) => a + b, 0);
exports.later = (value) => new Promise((done) => setTimeout(done, 5, value));
