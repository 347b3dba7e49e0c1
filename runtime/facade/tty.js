// tty: isatty() answers for the three standard streams, the color methods are pure; opening a terminal by its descriptor is not offered.

const { denied } = use('deny');
const { apply, defineProperty } = Reflect;

exports.make = (c) => {
  const { WriteStream: Real } = host.real('tty');
  const envOf = (env) => env ?? use('facade/process').make(c).env;
  const closed = (name, methods) => {
    const K = { [name]: function () { throw denied(c, 'ambient'); } }[name];
    K.prototype = Object.defineProperties({}, Object.getOwnPropertyDescriptors(methods));
    defineProperty(K.prototype, 'constructor', { value: K, writable: true, configurable: true });
    defineProperty(K, Symbol.hasInstance, { value: (x) => x !== null && typeof x === 'object' && x.isTTY === true && x._isStdio === true });
    return K;
  };
  return {
    isatty(fd) { return use('facade/stdio').isatty(fd); },
    ReadStream: closed('ReadStream', {}),
    WriteStream: closed('WriteStream', {
      isTTY: true,
      getColorDepth(env) { return apply(Real.prototype.getColorDepth, this, [envOf(env)]); },
      hasColors(count, env) { return apply(Real.prototype.hasColors, this, [count ?? 16, envOf(env)]); },
      getWindowSize() { return [this.columns, this.rows]; },
    }),
  };
};
