#!/bin/sh
echo serving "$@"
