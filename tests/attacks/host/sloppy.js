// Sloppy on purpose: old code leaks its caller and its arguments.
module.exports = function (hidden) {
  return function outer(callback) {
    return (function inner(argument) { return callback(); })(hidden);
  };
};
