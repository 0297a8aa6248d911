/** For `require('cachectl')`, which Node 20 cannot give an ES module: what there is answers later anyway. */
exports.startEngine = async (options) => (await import('./index.js')).startEngine(options)
