// Settings of the whole process that hang on objects which packages share and can walk to: util.inspect (the third argument of every custom
// inspector) and the legacy Stream (the prototype chain of every stream). Taken away at boot; an ambient application gets them back
// in its own copy of the module, see table.js.

const { defineProperty, getOwnPropertyDescriptor } = Reflect;

const util = host.real('util');
const { inspect } = util;
const stream = host.real('stream');

const original = {
  inspectDefaults: getOwnPropertyDescriptor(inspect, 'defaultOptions'),
  setDefaultHighWaterMark: stream.setDefaultHighWaterMark,
};

const refuse = (name) => ({ [name]() {
  throw Object.assign(new Error(`npsx: ${name}() changes a setting of the whole process; it needs the capability ambient`), { code: 'ERR_CAPABILITY_DENIED', capability: 'ambient' });
} }[name]);

exports.tame = () => {
  const { get } = original.inspectDefaults;
  defineProperty(inspect, 'defaultOptions', { get: Object.freeze(() => ({ ...get() })), set: Object.freeze(() => {}), enumerable: false, configurable: false });
  for (const key of ['styles', 'colors', 'replDefaults']) {
    const table = inspect[key];
    if (typeof table !== 'object' || table === null) continue;
    for (const value of Object.values(table)) if (Array.isArray(value)) Object.freeze(value);
    Object.freeze(table);
  }
  defineProperty(stream, 'setDefaultHighWaterMark', { value: refuse('setDefaultHighWaterMark') });
};

// For the ambient application: functions of its own in front of the shared ones, with the settings in working order.
exports.inspectFor = () => {
  const own = function (...args) { return inspect(...args); };
  for (const key of Reflect.ownKeys(inspect)) if (!['length', 'name', 'prototype', 'defaultOptions'].includes(key)) defineProperty(own, key, { value: inspect[key], writable: true, enumerable: true, configurable: true });
  defineProperty(own, 'name', { value: 'inspect' });
  defineProperty(own, 'defaultOptions', { get: original.inspectDefaults.get, set: original.inspectDefaults.set, configurable: true });
  return own;
};
exports.setDefaultHighWaterMark = original.setDefaultHighWaterMark;
