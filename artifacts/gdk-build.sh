#!/usr/bin/env bash
# What `gdk component build` runs: builds the bundle and lays it where GDK looks for it.
set -euo pipefail
cd "$(dirname "$0")/.."
component=io.packdrift.Monitor
version=$(node -p 'require("./package.json").version')
[ -d node_modules ] || npm ci
npm run build
build=greengrass-build
mkdir -p "$build/recipes" "$build/artifacts/$component/$version"
cp "artifacts/$component/$version"/* "$build/artifacts/$component/$version/"
cp recipe/recipe.yaml "$build/recipes/recipe.yaml"
