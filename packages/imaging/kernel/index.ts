/** All functions that the driver calls: the exports of the WebAssembly module and of its plain counterpart. */
export { decodeBaseline } from "./baseline";
export { encodeRow, finishStream } from "./encode";
export { buildHuffman } from "./huffman";
export { addRow, addScattered, expandRow, scatter, unfilter, writeMeans, writeScattered } from "./png";
export { decodeAcFirst, decodeAcRefinement, decodeDcFirst, decodeDcRefinement, transformRow } from "./progressive";
export { convertColours, finishCmyk, finishGrey, finishRgb, finishYcc, finishYcck, resample } from "./resample";
export { unstuff } from "./stream";
