// buffer: everything is shared but INSPECT_MAX_BYTES, a setting of the process that is a package's own number here.

exports.replacements = () => ({ INSPECT_MAX_BYTES: 50 });
