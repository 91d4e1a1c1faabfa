// Looks for the native half where there is none.
process.env.PACEGATE_PREBUILD = '/nonexistent';
const error = await import('pacegate').catch((reason) => reason);
console.log(error.code, error.message);
