// Pictures of a telephone are several megabytes: before one is sent it is drawn smaller, as a JPEG of at most 1600 pixels a side.
// Without this file small pictures work, and large ones are refused with a word about it.

const LONGEST = 1600;

async function smaller(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return new File([blob], "picture.jpg", { type: "image/jpeg" });
}

for (const field of document.querySelectorAll("[data-picture]")) {
  field.addEventListener("change", async () => {
    const [file] = field.files;
    if (!file || file.size < 400_000) return;
    try {
      const kept = new DataTransfer();
      kept.items.add(await smaller(file));
      field.files = kept.files;
    } catch {
      // no picture that this browser can draw: the server says what it takes
    }
  });
}
