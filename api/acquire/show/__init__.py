"""How a page of the payment page is put together: templates, assets, cookies."""
