// Unpack the Chromium of the npm package into the folder of temporary files (TMPDIR) and print where it is.
import chromium from "@sparticuz/chromium";

process.stdout.write(`${await chromium.executablePath()}\n`);
