SELECT extract(epoch FROM clock_timestamp()) AS started \gset
