// A Timeout is a link in a list of everybody's timers of the same length, and Node keeps the one of a socket under a symbol that a walk finds. What the
// symbol shows here is a stand-in: enough for clearTimeout(), which takes a timer for cleared once it has set _onTimeout to null, and for refresh().

const { On } = use('facade/private');
const { kTimeout, getTimerDuration, reuseOrCreateUnrefTimeout } = host.internal('internal/timers');
const { kSession, kUpdateTimer } = host.internal('internal/stream_base_commons');
const { validateFunction } = host.internal('internal/validators');
const { clearTimeout } = host.global;
const { defineProperty, getOwnPropertyDescriptor } = Reflect;

class HeldTimer {
  #timer;
  constructor(timer) { this.#timer = timer; }
  static real(held) { return held.#timer; }
  static hold(held, timer) { held.#timer = timer; }
  refresh() { this.#timer.refresh(); return this; }
  ref() { this.#timer.ref(); return this; }
  unref() { this.#timer.unref(); return this; }
  get _onTimeout() { return true; }
  set _onTimeout(value) { if (value === null) clearTimeout(this.#timer); }
  get _destroyed() { return true; }
}
const { real, hold } = HeldTimer;
use('facade/seal_net').disarm(HeldTimer);
use('seal').own(HeldTimer);

// -- sockets: a server sets the time-out of each of them twice per request, so their setTimeout() keeps one timer and one stand-in for the life of the socket
class OfSocket extends On {
  #held;
  static held(socket) { return #held in socket ? socket.#held : null; }
  static give(socket, held) { new OfSocket(socket).#held = held; }
}
const { held: heldBy, give } = OfSocket;
const fire = (socket) => { socket._onTimeout(); };

// as Node's setStreamTimeout
function setTimeout(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  const duration = getTimerDuration(msecs, 'msecs');
  const held = heldBy(this);
  if (held !== null) clearTimeout(real(held));
  if (duration !== 0) {
    arm(this, held, duration);
    const session = this[kSession];
    if (session) session[kUpdateTimer]();
  }
  if (callback === undefined) return this;
  validateFunction(callback, 'callback');
  if (duration === 0) this.removeListener('timeout', callback);
  else this.once('timeout', callback);
  return this;
}
function arm(socket, held, duration) {
  const timer = reuseOrCreateUnrefTimeout(held === null ? null : real(held), fire, duration, socket);
  if (held === null) give(socket, new HeldTimer(timer));
  else hold(held, timer);
}

exports.sealSocket = (prototype) => {
  use('facade/seal_net').replace(prototype, 'setTimeout', setTimeout);
  const { get, set } = getOwnPropertyDescriptor({
    get timer() { return heldBy(this); },
    set timer(value) { void value; },             // Node's constructor, with null
  }, 'timer');
  defineProperty(prototype, kTimeout, { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: false });
};

// -- a module of Node's that keeps a timer on whatever object its functions are called on is loaded with a setInterval() that gives stand-ins
exports.loading = (load) => {
  const timers = host.real('timers');
  const { setInterval } = timers;
  timers.setInterval = (...args) => new HeldTimer(setInterval(...args));
  try { return load(); } finally { timers.setInterval = setInterval; }
};
