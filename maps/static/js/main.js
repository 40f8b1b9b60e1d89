/** The page's start. */

import { startApp } from "./app.js";

startApp();
