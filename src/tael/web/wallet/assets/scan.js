// Reads a code with the camera, or in a picture: by the browser's own reader where it has one, else by ours. What was read is sent
// as a form, together with how it was read. Nothing of a picture leaves the device.

const scanner = document.querySelector("[data-scanner]");
const picture = document.querySelector("[data-picture]");
const form = document.querySelector("[data-scan-form]");
const says = scanner.querySelector("[data-says]");
const video = scanner.querySelector("video");
const EVERY_MILLISECONDS = 250;
const MOST_PIXELS = 960;

const own = async () => {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
};

async function makeReader() {
  const detector = await own().catch(() => null);
  if (detector) return async (source) => (await detector.detect(source))[0]?.rawValue ?? "";
  const { decodeQR } = await import(scanner.dataset.reader);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (source) => {
    const [width, height] = [source.videoWidth || source.width, source.videoHeight || source.height];
    const scale = Math.min(1, MOST_PIXELS / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    if (!canvas.width) return "";
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    try {
      return decodeQR(pen.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return ""; // no code in it
    }
  };
}

const reader = makeReader();

function send(text, how) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  form.elements.text.value = text.slice(0, 512);
  form.elements.how.value = how;
  form.requestSubmit();
}

async function look() {
  const text = await (await reader)(video).catch(() => "");
  if (text) send(text, "camera");
  else setTimeout(look, EVERY_MILLISECONDS);
}

async function open() {
  scanner.hidden = false;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
    look();
  } catch {
    says.textContent = says.dataset.denied;
    scanner.classList.add("is-blind");
  }
}

picture.hidden = false;
picture.querySelector("input").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const image = await createImageBitmap(file).catch(() => null);
  const text = image ? await (await reader)(image).catch(() => "") : "";
  if (text) send(text, "picture");
  else {
    scanner.hidden = false;
    scanner.classList.toggle("is-blind", !video.srcObject);
    says.textContent = says.dataset.none;
  }
});
if (navigator.mediaDevices?.getUserMedia) open();
