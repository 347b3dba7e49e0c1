// tty: isatty() answers for the three standard streams, and a stream over one of them is the package's own process.stdin, stdout or stderr. The color
// methods are pure; opening any other terminal by its descriptor is not offered.

const { denied } = use('deny');
const { apply, defineProperty } = Reflect;

exports.make = (c) => {
  const { WriteStream: Real } = host.real('tty');
  const envOf = (env) => env ?? use('facade/process').make(c).env;
  const { codes } = host.internal('internal/errors');
  const { clearLine, clearScreenDown, cursorTo, moveCursor } = host.real('readline');
  const NAMES = ['stdin', 'stdout', 'stderr'];
  const closed = (name, methods) => {
    const K = { [name]: function (fd) {
      if (!Number.isInteger(fd) || fd < 0) throw new codes.ERR_INVALID_FD(fd);
      if (fd > 2 || (fd === 0) !== (name === 'ReadStream')) throw denied(c, 'ambient');
      if (!use('facade/stdio').isatty(fd)) throw Object.assign(new Error('TTY initialization failed: uv_tty_init returned EINVAL (invalid argument)'), { code: 'ERR_TTY_INIT_FAILED' });
      return use('facade/process').make(c)[NAMES[fd]];
    } }[name];
    K.prototype = Object.defineProperties({}, Object.getOwnPropertyDescriptors(methods));
    defineProperty(K.prototype, 'constructor', { value: K, writable: true, configurable: true });
    defineProperty(K, Symbol.hasInstance, { value: (x) => x !== null && typeof x === 'object' && x.isTTY === true && x._isStdio === true });
    return K;
  };
  return {
    isatty(fd) { return use('facade/stdio').isatty(fd); },
    ReadStream: closed('ReadStream', { isTTY: true, setRawMode(mode) { return use('facade/process').make(c).stdin.setRawMode(mode); } }),
    WriteStream: closed('WriteStream', {
      isTTY: true,
      getColorDepth(env) { return apply(Real.prototype.getColorDepth, this, [envOf(env)]); },
      hasColors(count, env) { return apply(Real.prototype.hasColors, this, [count ?? 16, envOf(env)]); },
      getWindowSize() { return [this.columns, this.rows]; },
      _refreshSize() {},
      clearLine(dir, callback) { return clearLine(this, dir, callback); },
      clearScreenDown(callback) { return clearScreenDown(this, callback); },
      cursorTo(x, y, callback) { return cursorTo(this, x, y, callback); },
      moveCursor(dx, dy, callback) { return moveCursor(this, dx, dy, callback); },
    }),
  };
};
