import { start as startPhone } from "./phone.js";
import { start as startTrail } from "./trail.js";
import { start as startBooks } from "./books.js";

const refreshBooks = startBooks();
startTrail(refreshBooks);
startPhone();
