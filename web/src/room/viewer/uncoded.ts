/**
 * Stands in for the codecs of zarr chunks (blosc, lz4, zstd: 480 kB packed) that NiiVue brings along: the room hands NiiVue plain
 * voxels and never a zarr address. Whoever asks for one hears so.
 */
export default {
  fromConfig(): never {
    throw new Error("this page was built without the codecs of zarr");
  },
};
