import { basename, resolve } from "node:path";
import { documentsOf } from "../../archive/import/documents.js";
import type { Extracted, Hints } from "../../archive/import/extracted.js";
import { type ImportInput, readImport } from "../../archive/import/input-files.js";
import { jobFromModel, NOT_A_MODEL } from "../../archive/import/model-job.js";
import { pairRecipes, type RecipeFile, recipeIn } from "../../archive/import/pair-recipes.js";
import { recognise } from "../../archive/import/recognise.js";
import { InvalidInputError } from "../../base/errors.js";
import type { Host } from "../../device/host.js";
import { decodeJobText, JobTextError } from "../../job/job-text.js";
import { readModel } from "../../model/read-model.js";
import { parseYaml } from "../../platform/yaml.js";

/** A file or a packaged model's folder, and the jobs in it; a file that cannot be read has one refusal. */
interface FileJobs {
  readonly file: string;
  readonly extracted: readonly Extracted[];
}

/**
 * The jobs of each file and each packaged model of one input, one after the other, since logs can be large. A recipe
 * that belongs to a model is read with it.
 */
export function* jobsOf({ path, isFolder, files, models }: ImportInput, hints: Hints, host: Host) {
  const recipes: RecipeFile[] = [];
  let found = false;
  const note = (jobs: FileJobs): FileJobs => {
    found ||= jobs.extracted.some((one) => !("refused" in one));
    return jobs;
  };
  for (const file of files) {
    const documents = documentsIn(file);
    const recipe = models.length > 0 && "documents" in documents ? recipeIn(file, documents.documents) : null;
    if (recipe !== null) recipes.push(recipe);
    else yield note({ file, extracted: extractedFrom(documents, hints) });
  }
  const read = models.map((folder) => ({ folder, model: readModel(host, [resolve(folder)]) }));
  const paired = pairRecipes(
    read.map(({ model }) => model),
    recipes,
  );
  for (const { folder, model } of read) {
    const recipe = paired.get(model)?.document ?? null;
    yield note({ file: folder, extracted: [jobFromModel({ name: basename(resolve(folder)), model, recipe }, hints)] });
  }
  const used = [...paired.values()];
  for (const recipe of recipes.filter((one) => !used.includes(one))) {
    yield note({ file: recipe.file, extracted: [recognise(recipe.document, hints)] });
  }
  if (isFolder && models.length === 0 && !found) yield { file: path, extracted: [{ refused: NOT_A_MODEL }] };
}

type Documents = { readonly documents: readonly unknown[] } | { readonly refused: string };

function extractedFrom(documents: Documents, hints: Hints): readonly Extracted[] {
  return "refused" in documents ? [documents] : documents.documents.map((document) => recognise(document, hints));
}

/** All documents in one file, or why it has none. */
function documentsIn(file: string): Documents {
  try {
    const documents = documentsOf(decodeJobText(readImport(file), file), file, parseYaml);
    return documents.length === 0 ? { refused: "holds nothing" } : { documents };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { refused: error instanceof JobTextError ? error.why : error.message };
  }
}
