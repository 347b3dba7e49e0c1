'use strict';
// Addons that ship inside their packages: found by node-gyp-build, by napi-rs' loader, and by detect-libc.
const bcrypt = require('bcrypt');
const { crc32, crc32c } = require('@node-rs/crc32');
const sharp = require('sharp');

async function main() {
  const hash = bcrypt.hashSync('secret', 4);
  console.log('bcrypt', hash.length, bcrypt.compareSync('secret', hash), await bcrypt.compare('wrong', hash));
  console.log('crc32', crc32('hello'), crc32c('hello'));
  const png = await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } }).rotate(90).png().toBuffer();
  const { format, width, height } = await sharp(png).metadata();
  console.log('sharp', format, width, height, (await sharp(png).raw().toBuffer())[0]);
  try { await sharp(Buffer.from('no picture')).metadata(); } catch (error) { console.log(error.message); }
}
main();
