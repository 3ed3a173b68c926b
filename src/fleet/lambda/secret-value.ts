import { InvalidInputError } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";
import { type AwsClientConfig, callAws } from "./signed-call.js";

/**
 * The current text of a secret in AWS Secrets Manager. Throws AwsCallError, and InvalidInputError for a binary secret.
 */
export async function secretValue(endpoint: string, secretId: string, client: AwsClientConfig): Promise<string> {
  const answer = await callAws(
    {
      service: "secretsmanager",
      url: `${endpoint}/`,
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue" },
      body: JSON.stringify({ SecretId: secretId }),
    },
    client,
  );
  const value = parseJson(answer);
  if (isObject(value) && typeof value.SecretString === "string") return value.SecretString;
  throw new InvalidInputError(`Cannot use the secret ${secretId}: must be a string`);
}
