package Hello; sub word { "hello\n" } 1;
