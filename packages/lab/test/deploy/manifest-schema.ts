import { join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import ts from 'typescript';

/** The objects of the Kubernetes API that the manifests use. */
const MODELS = [
  ...[Deployment, Ingress, Namespace, NetworkPolicy, PersistentVolumeClaim],
  ...[PodDisruptionBudget, Service, StatefulSet],
];

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the schema of the Kubernetes API rejects in an object: missing fields, wrong types and values. `undefined`: nothing. */
export function schemaError(manifest: Manifest): string | undefined {
  const Model = MODELS.find(({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind);
  if (Model === undefined) return `${manifest.apiVersion} ${manifest.kind} is unknown`;
  try {
    Reflect.construct(Model, [manifest]).validate();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** The fields that the Kubernetes API does not know: the schema permits them, the types derived from it do not. */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const source = manifests
    .map((manifest, i) => {
      const { apiVersion, kind } = manifest;
      const type = `import('kubernetes-models/${apiVersion}/${kind}').I${kind}`;
      return `export const manifest${i}: ${type} = ${JSON.stringify(manifest, null, 1)};\n`;
    })
    .join('');
  const file = join(import.meta.dirname, 'manifests-to-check.ts');
  const options: ts.CompilerOptions = {
    ...{ noEmit: true, strict: true, skipLibCheck: true, types: [] },
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
