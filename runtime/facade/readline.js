// readline works on the streams it is given, so it needs no capability of its own; but Ctrl-Z in an interface stops the whole process, which
// only a holder of process "signals" may do.

const { peek, named } = use('deny');
const { construct, defineProperty } = Reflect;

const classOf = (c, Real) => {
  const K = named(function (...args) {
    const rl = construct(Real, args, new.target === undefined || new.target === K ? Real : new.target);
    if (!peek(c, 'process', 'signals')) rl.on('SIGTSTP', () => {});
    return rl;
  }, 'Interface', Real.length);
  defineProperty(K, 'prototype', { value: Real.prototype, writable: false });
  return K;
};

const promisesOf = (c) => {
  const real = host.real('readline/promises');
  const Interface = classOf(c, real.Interface);
  return { Interface, Readline: real.Readline, createInterface: (...args) => new Interface(...args) };
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own !== undefined) return own;
  const real = host.real('readline');
  const Interface = classOf(c, real.Interface);
  own = {
    Interface,
    createInterface: (...args) => new Interface(...args),
    clearLine: real.clearLine, clearScreenDown: real.clearScreenDown, cursorTo: real.cursorTo, moveCursor: real.moveCursor,
    emitKeypressEvents: real.emitKeypressEvents,
    promises: promisesOf(c),
  };
  made.set(c, own);
  return own;
};
