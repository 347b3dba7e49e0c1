// Arguments of fs functions: read once, turned into primitives, and validated with Node's own validators, so that the
// errors are Node's. What comes back is a string, a number or a fresh null-prototype object: nothing a guest can change later.

const utils = host.internal('internal/fs/utils');
const validators = host.internal('internal/validators');
const { URL, fileURLToPath } = host.real('url');
const { isUint8Array, isArrayBufferView } = host.real('util').types;
const { TextDecoder } = host.real('util');
const { Buffer } = host.real('buffer');
const { resolve } = host.real('path');
const realFs = host.real('fs');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// A name that is no UTF-8 cannot be told to psx.node: it is not supported, and never silently another file.
function decodeBytes(value, name) {
  const bytes = Buffer.from(new Uint8Array(value));
  utils.validatePath(bytes, name);
  try {
    return utf8.decode(bytes);
  } catch {
    const err = new TypeError(`The "${name}" argument is not valid UTF-8: such file names are not supported by npsx yet`);
    err.code = 'ERR_INVALID_ARG_VALUE';
    throw err;
  }
}

// As Node, whatever looks like a URL is one; its href is read once and parsed anew.
function fromURL(value) {
  const { href, protocol, auth, path } = value;
  if (!href || !protocol || auth !== undefined || path !== undefined) return value;
  return fileURLToPath(new URL(`${href}`));
}

exports.path = (value, name = 'path') => {
  if (typeof value === 'object' && value !== null) {
    value = isUint8Array(value) ? decodeBytes(value, name) : fromURL(value);
  }
  utils.validatePath(value, name);
  if (typeof value !== 'string') throw new TypeError(`The "${name}" argument must be a string, Buffer or URL`);
  return value;
};

// fs.realpath takes anything and makes it a string.
exports.loosePath = (value, name) => {
  const isPath = typeof value === 'object' && value !== null && (isUint8Array(value) || value.href !== undefined);
  return exports.path(typeof value === 'string' || isPath ? value : `${value}`, name);
};

exports.pathOrFd = (value) => {
  if (typeof value === 'number' && validators.isInt32(value)) return Object.is(value, -0) ? 0 : value;
  const path = exports.path(value);
  return stdioPaths[path] ?? path;
};
const stdioPaths = { __proto__: null, '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };

// Reads each known option once. A string is the encoding, as everywhere in fs.
exports.options = (value, names, defaults) => {
  const out = { __proto__: null, ...defaults };
  if (value === undefined || value === null || typeof value === 'function') return out;
  if (typeof value === 'string') out.encoding = value;
  else if (typeof value === 'object') {
    for (const name of names) {
      const got = value[name];
      if (got !== undefined) out[name] = got;
    }
  }
  utils.getOptions(typeof value === 'string' || typeof value === 'object' ? out : value);
  return out;
};

// For functions whose options are an object and nothing else.
exports.object = (value, names, defaults) => {
  if (value !== undefined) validators.validateObject(value, 'options');
  return exports.options(value, names, defaults);
};

exports.flags = (value, name, fallback) => {
  if (value === undefined || value === null) return utils.stringToFlags(fallback, name);
  return utils.stringToFlags(typeof value === 'number' ? value : value, name) | 0;
};
exports.mode = (value, name, fallback) => validators.parseFileMode(value, name, fallback);
exports.time = (value, name) => utils.toUnixTimestamp(value, name);
exports.id = (value, name) => {
  validators.validateInteger(value, name, -1, 2 ** 32 - 1);
  return value;
};
exports.length = (value) => {
  if (value === undefined) return 0;
  validators.validateInteger(value, 'len');
  return Math.max(0, value);
};

// access() and copyFile(): small integers that Node checks in C++; wrong ones are shown to it with a harmless path.
exports.accessMode = (value) => {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) && value >= 0 && value <= 7) return value;
  realFs.accessSync('/', value);
  return typeof value === 'number' ? value & 7 : 0;
};
exports.copyMode = (value) => {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) && value >= 0 && value <= 7) return value;
  realFs.copyFileSync('/', '/', value);
  return 0;
};

exports.data = (value) => {
  if (!isArrayBufferView(value)) utils.validateStringAfterArrayBufferView(value, 'data');
  return value;
};

exports.callback = (value) => {
  validators.validateFunction(value, 'cb');
  return value;
};

exports.absolute = (path) => resolve(path);
exports.utils = utils;
exports.validators = validators;
