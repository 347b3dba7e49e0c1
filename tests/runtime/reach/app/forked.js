process.send({ up: true });
process.on('message', () => {});
setTimeout(() => process.exit(), 20000).unref();
