"""Look-ahead before you leap: sensor, aggregator, actor, classifier and forecast, trained as one."""
