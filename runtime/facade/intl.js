// Intl, per package. Which language and time zone the machine has is told by `system: ["locale"]` only: without it the defaults are en-US and
// UTC, and a formatter that is asked to format "now" asks the package's clock.

const { may, peek, named } = use('deny');
const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const RealIntl = host.global.Intl;
const { getCanonicalLocales } = RealIntl;
const WITH_DEFAULT = ['Collator', 'DateTimeFormat', 'DisplayNames', 'DurationFormat', 'ListFormat', 'NumberFormat', 'PluralRules', 'RelativeTimeFormat', 'Segmenter'];

// The neutral locale is also the last resort for languages that ICU does not know: the machine's own would show there.
const withFallback = (locales) => (locales === undefined ? 'en-US' : [...getCanonicalLocales(locales), 'en-US']);

// Formatters made by packages whose clock is not the real one -> that clock. The prototypes are shared, so its methods look here.
const wallOf = new WeakMap();

const neutral = (name, wall) => {
  const Real = RealIntl[name];
  const isDate = name === 'DateTimeFormat';
  const made = function (locales = undefined, options = undefined) {
    if (new.target === undefined && !isDate && name !== 'NumberFormat' && name !== 'Collator') throw new TypeError(`Constructor Intl.${name} requires 'new'`);
    let o = options;
    if (isDate && o !== null) {
      const { timeZone } = o ?? {};
      o = { __proto__: o === undefined ? null : Object(o), timeZone: timeZone === undefined ? 'UTC' : timeZone };
    }
    const instance = construct(Real, [withFallback(locales), o], new.target ?? Real);
    if (isDate && wall !== undefined) wallOf.set(instance, wall);
    return instance;
  };
  named(made, name, Real.length);
  defineProperty(made, 'prototype', { value: Real.prototype, writable: false });
  defineProperty(made, 'supportedLocalesOf', { value: Real.supportedLocalesOf, writable: true, configurable: true });
  return made;
};

const intlWith = (wall) => {
  const descriptors = Object.getOwnPropertyDescriptors(RealIntl);
  for (const name of WITH_DEFAULT) if (descriptors[name] !== undefined) descriptors[name].value = neutral(name, wall);
  return Object.create(Object.prototype, descriptors);
};

const tameNow = () => {
  const proto = RealIntl.DateTimeFormat.prototype;
  const { get } = getOwnPropertyDescriptor(proto, 'format');
  const bound = new WeakMap();
  const { get: format } = getOwnPropertyDescriptor({ get format() {
    const real = apply(get, this, []);
    const wall = wallOf.get(this);
    if (wall === undefined) return real;
    let own = bound.get(this);
    if (own === undefined) bound.set(this, own = named((date = undefined) => real(date === undefined ? wall() : date), '', 1));
    return own;
  } }, 'format');
  defineProperty(proto, 'format', { get: format, set: undefined, enumerable: false, configurable: true });
  const { formatToParts } = proto;
  defineProperty(proto, 'formatToParts', { value: { formatToParts(date = undefined) {
    const wall = date === undefined ? wallOf.get(this) : undefined;
    return apply(formatToParts, this, [wall === undefined ? date : wall()]);
  } }.formatToParts, writable: true, enumerable: false, configurable: true });
};

// At boot: the shared Intl, which knows neither the machine's locale nor the time.
exports.tame = () => {
  if (RealIntl === undefined) return undefined;
  tameNow();
  const tamed = intlWith(() => { throw Object.assign(new Error('npsx: the current time needs the capability clock'), { code: 'ERR_CAPABILITY_DENIED', capability: 'clock' }); });
  for (const name of WITH_DEFAULT)
    if (RealIntl[name] !== undefined) defineProperty(RealIntl[name].prototype, 'constructor', { value: tamed[name], writable: true, enumerable: false, configurable: true });
  return tamed;
};

// Does the package know where it is?
const locale = (c) => c.ambient || (host.plan.mode !== 'learn' && peek(c, 'system', 'locale') && may(c, 'system', 'locale'));
exports.locale = locale;

const made = new WeakMap();
exports.intlFor = (c) => {
  if (RealIntl === undefined || c.ambient) return RealIntl;
  let intl = made.get(c);
  if (intl !== undefined) return intl;
  const clock = use('facade/clock');
  const exact = clock.isExact(c);
  intl = locale(c) && exact ? RealIntl : locale(c) ? Object.create(Object.prototype, Object.getOwnPropertyDescriptors(RealIntl)) : intlWith(exact ? undefined : clock.wallFor(c));
  made.set(c, intl);
  return intl;
};
